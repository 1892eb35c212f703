"""The wire: messages of `minutehand.v1`, generated from `proto/` (see `tests/test_stubs.py`)."""
