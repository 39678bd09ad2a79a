"""Guessing is slow, and nobody locks another out."""

from __future__ import annotations

from monitor.page.attempts import ATTEMPTS, FROM_ADDRESS, KEPT, Debts, Throttle, network

BURST, PAUSE = ATTEMPTS


def spent(throttle: Throttle, name: str, address: str, device: str | None = None) -> None:
    """Use up what is allowed at 0 s."""
    assert [throttle.take(name, address, device, 0.0) for _ in range(BURST)] == [0.0] * BURST
    assert throttle.take(name, address, device, 0.0) == PAUSE


def test_attempts_come_back_one_by_one() -> None:
    throttle = Throttle()
    spent(throttle, "wang", "10.0.0.1")
    assert throttle.take("wang", "10.0.0.1", None, 10.0) == PAUSE - 10  # asking too early costs nothing more
    assert throttle.take("wang", "10.0.0.1", None, 30.0) == 0.0
    assert throttle.take("wang", "10.0.0.1", None, 30.0) == PAUSE


def test_who_guesses_at_a_name_locks_out_neither_its_owner_nor_a_neighbour() -> None:
    throttle = Throttle()
    own = throttle.device("wang")  # the owner has signed in with this browser before
    spent(throttle, "wang", "10.0.0.1")
    assert throttle.take("wang", "10.0.0.2", None, 0.0) == 0.0  # elsewhere
    assert throttle.take("zhao", "10.0.0.1", None, 0.0) == 0.0  # a neighbour behind the same address
    assert throttle.take("wang", "10.0.0.1", own, 0.0) == 0.0  # the owner, behind the same address
    for number in range(FROM_ADDRESS.burst):
        throttle.take(f"name{number}", "10.0.0.1", None, 0.0)
    assert throttle.take("newcomer", "10.0.0.1", None, 0.0) > 0
    assert throttle.take("wang", "10.0.0.1", own, 0.0) == 0.0


def test_a_known_browser_may_not_guess_without_end_either() -> None:
    throttle = Throttle()
    spent(throttle, "wang", "10.0.0.1", throttle.device("wang"))


def test_a_browsers_token_is_good_for_its_name_alone_and_cannot_be_made_up() -> None:
    throttle, other = Throttle(), Throttle()
    own = throttle.device("wang")
    assert throttle.knows(own, "wang")
    for token, name in (
        (own, "boss"),
        (own + "0", "wang"),
        (other.device("wang"), "wang"),
        (".", "wang"),
        ("\udcff.é", "wang"),
    ):
        assert not throttle.knows(token, name)
    assert not throttle.knows(None, "wang")


def test_one_address_cannot_walk_through_the_names() -> None:
    throttle = Throttle()
    waits = [throttle.take(f"name{number}", "10.0.0.1", None, 0.0) for number in range(FROM_ADDRESS.burst + 1)]
    assert waits == [0.0] * FROM_ADDRESS.burst + [FROM_ADDRESS.pause]


def test_being_right_forgives_the_name_and_not_the_address() -> None:
    """Or somebody with an account could guess on and on, signing in now and then."""
    throttle = Throttle()
    for _ in range(FROM_ADDRESS.burst):
        assert throttle.take("wang", "10.0.0.1", None, 0.0) == 0.0
        throttle.forget("wang", "10.0.0.1", None)
    assert throttle.take("wang", "10.0.0.1", None, 0.0) == FROM_ADDRESS.pause


def test_an_ipv6_client_cannot_walk_through_its_network() -> None:
    assert network("2001:db8:1:2::5") == network("2001:db8:1:2:ffff::1") != network("2001:db8:1:3::1")
    assert network("10.0.0.1") != network("10.0.0.2")
    assert network("") == ""


def test_a_flood_takes_no_more_memory() -> None:
    debts = Debts(ATTEMPTS)
    for number in range(KEPT + 50):
        debts.take(str(number), 0.0)
    assert len(debts) == KEPT
    assert debts.wait(str(KEPT), 0.0) == 0.0
