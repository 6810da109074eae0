"""What the law gives buyers, whatever a policy says: withdrawal from distance contracts, the legal guarantee."""
