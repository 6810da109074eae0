"""Bodies that are too big for the queue, or that nobody could read."""

from porchlight.adapters.aws import client, translated


class Bodies:
    """The bucket of raw bodies; its lifecycle deletes them."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> None:
        """Durable when this returns."""
        with translated():
            client("s3").put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/octet-stream")

    def get(self, key: str) -> bytes:
        """The body; NotFoundError when it has expired."""
        with translated():
            body: bytes = client("s3").get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body
