"""Each program that takes bundles, asked whether it takes this one.

One file a consumer. A check is ``check(case)``: it returns when the consumer is
satisfied and raises otherwise; `catalogue.CHECKS` lists all of them, `run` runs them in
processes of their own and `table` prints what came of it.
"""
