"""Which providers carry which channel. A provider is imported when it is first asked for."""

from importlib import import_module

from porchlight.channels.kit import Kit
from porchlight.domain.channels import Channel
from porchlight.errors import PermanentProviderError
from porchlight.reaching import Provider

_PROVIDERS = {
    "ses": (Channel.EMAIL, "email.ses"),
    "smtp": (Channel.EMAIL, "email.smtp"),
    "aws_sms": (Channel.SMS, "sms.aws"),
    "sns_sms": (Channel.SMS, "sms.sns"),
    "sns_push": (Channel.PUSH, "push.sns"),
    "vapid": (Channel.WEB_PUSH, "web_push.vapid"),
    "aws_whatsapp": (Channel.WHATSAPP, "whatsapp.aws"),
}


def provider_ids(channel: Channel | None = None) -> tuple[str, ...]:
    """The ids of all providers, or of those of a channel, as they stand in brand.yaml."""
    return tuple(name for name, (carries, _) in _PROVIDERS.items() if channel in (None, carries))


REPORTING = frozenset({"ses", "aws_sms", "aws_whatsapp"})
"""Those that say what became of a message; of the others nothing is ever confirmed."""


def channel_of(provider_id: str) -> Channel | None:
    """What a provider carries; None for a stranger."""
    found = _PROVIDERS.get(provider_id)
    return found[0] if found else None


def provider(provider_id: str, kit: Kit) -> Provider:
    """The provider, ready to be used; PermanentProviderError where there is none of that name."""
    if provider_id not in _PROVIDERS:
        raise PermanentProviderError("there is no such provider", code="not-set-up")
    module = import_module(f"porchlight.channels.{_PROVIDERS[provider_id][1]}")
    made: Provider = module.PROVIDER(kit)
    return made
