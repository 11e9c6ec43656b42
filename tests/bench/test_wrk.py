"""What wrk says at the end of a run."""

from bench.wrk import found

SAID = """Running 5s test @ http://127.0.0.1:8000/echo
  2 threads and 4 connections
Requests/sec:   2000.00
measured 10000 5000000 1500 9250 3
"""


def test_a_run_is_read_as_rate_and_milliseconds() -> None:
    rate, p50, p99, errors = found(SAID)

    assert (rate, p50, p99, errors) == (2000, 1.5, 9.25, 3)
