"""Labels and pictures in the bucket. Its lifecycle deletes them by their prefix (``labels/``, ``photos/``)."""

from collections.abc import Mapping

from porchlight.adapters.aws import client, translated
from porchlight.errors import NotFoundError


class BucketDocuments:
    """``returning.Documents``."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put(self, name: str, body: bytes, kind: str) -> None:
        """Durable when this returns."""
        with translated():
            client("s3").put_object(Bucket=self._bucket, Key=name, Body=body, ContentType=kind)

    def get(self, name: str) -> bytes:
        """Its bytes; NotFoundError when it has expired. If-None-Match: S3 says 404 for what is not there."""
        with translated():
            body: bytes = client("s3").get_object(Bucket=self._bucket, Key=name, IfNoneMatch="none")["Body"].read()
        return body

    def upload_form(
        self, name: str, kind: str, most_bytes: int, seconds: int, back: str = ""
    ) -> tuple[str, Mapping[str, str]]:
        """S3 itself refuses another type, another name and what is larger."""
        fields = {"Content-Type": kind, **({"success_action_redirect": back} if back else {})}
        exactly = [{field: value} for field, value in fields.items()]
        with translated():
            made = client("s3").generate_presigned_post(
                Bucket=self._bucket,
                Key=name,
                Fields=dict(fields),
                Conditions=[*exactly, ["content-length-range", 1, most_bytes]],
                ExpiresIn=seconds,
            )
        return str(made["url"]), {key: str(value) for key, value in made["fields"].items()}

    def exists(self, name: str, kind: str, most_bytes: int) -> bool:
        """By its head alone."""
        try:
            with translated():
                head = client("s3").head_object(Bucket=self._bucket, Key=name)
        except NotFoundError:
            return False
        return head["ContentType"] == kind and 0 < int(head["ContentLength"]) <= most_bytes

    def remove(self, name: str) -> None:
        """S3 says nothing of whether there was one."""
        with translated():
            client("s3").delete_object(Bucket=self._bucket, Key=name)
