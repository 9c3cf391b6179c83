"""What schemathesis cannot know by itself."""

import itertools

import schemathesis

# Of resumable uploads (tus.io): bytes as they are.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Refusals are counted by address: each request comes from one of its own, as through the proxy of the hub."""
    number = next(numbers)
    case.headers = case.headers or {}
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
