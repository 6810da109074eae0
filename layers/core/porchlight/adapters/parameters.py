"""Parameters of the deployment that a function cannot be given by the template (they depend on the functions)."""

from porchlight.adapters.aws import client, translated


def parameter(name: str) -> str:
    """The value of a parameter in the Systems Manager parameter store."""
    with translated():
        return str(client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
