# Each target is one line; the work is in scripts/ and manage.py, and every step can be run again.
.DEFAULT_GOAL := help
.PHONY: help setup run test thorough check bench browser lint reset messages

help:            ## what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 12
setup:           ## system packages, environment, front end, database: what is missing
	@scripts/bootstrap
run:             ## set up, load the demo city, check one boundary, serve on 127.0.0.1:8000
	@scripts/run
test:            ## set up, then lint, contracts, types and every test
	@scripts/test
thorough:        ## the same with every example, step and trial of the property tests, walks and races (hours)
	@THOROUGH=1 scripts/test
check:           ## FILE=boundary.txt [ARGS="--fact NAME=VALUE …"]: the main job by command line
	@scripts/manage check_site "$(FILE)" $(ARGS)
bench:           ## [PART=check|http|batch|tiles]: measure against peers
	@scripts/bench $(PART)
browser:         ## the browser tests only
	@scripts/test browser
lint:            ## ruff, import contracts, mypy, tsc
	@scripts/lint
messages:        ## collect every text into the English catalogue; lists what has no English
	@scripts/messages
reset:           ## delete the demo database and everything generated (asks first)
	@scripts/reset
