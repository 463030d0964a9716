"""Plan against plan (差异图斑): two layers held against each other by a crosswalk of compatible classes.

`run.compare` reads two published versions into files (`plans`), overlays them block by block in as many processes as
wanted (`blocks`), and gives one `Comparison`; `store` keeps it, `queries` asks what is kept. `plans`, `blocks` and
`overlaying` know no database, so that a worker is a plain process.
"""
