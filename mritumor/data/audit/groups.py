"""Numbers joined in pairs, seen as groups."""

from __future__ import annotations

from collections import defaultdict


class Groups:
    """Disjoint sets of the numbers 0 to n - 1, joined step by step.

    Args:
        n: how many numbers.
    """

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, number: int) -> int:
        """Return the number that stands for the group of `number`."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, first: int, second: int) -> None:
        """Make one group of the groups of two numbers."""
        one, other = sorted((self.root(first), self.root(second)))
        self._parent[other] = one

    def all(self) -> list[list[int]]:
        """Return the groups of two or more, each sorted, by their first number."""
        members: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._parent)):
            members[self.root(number)].append(number)
        return [group for group in members.values() if len(group) > 1]
