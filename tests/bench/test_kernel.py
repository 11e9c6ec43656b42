from bench.kernel import WHAT, ratios


def test_more_is_asked_against_the_slower_releases_of_xgboost() -> None:
    ours = dict.fromkeys(WHAT, 10.0)
    slow, fast = (
        {"release": release, **dict.fromkeys(WHAT, 50.0)} for release in ("3.2.0", "3.4.1")
    )

    older, newer = ratios(slow, ours), ratios(fast, ours)

    assert [each.figure for each in (*older, *newer)] == [5.0] * 8
    assert [each.verdict for each in older] == ["SHORT", "SHORT", "", ""]
    assert [each.verdict for each in newer] == ["ok", "ok", "", ""]
