"""What runs on a laptop: the local cloud, its front door, the inbox, the demo."""
