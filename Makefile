# The commands of this repository. Every target prepares what it needs (scripts/setup.sh), so a fresh clone may start
# with any of them. LANGS limits `setup`, `demo` and `demo-up` to some languages: make demo LANGS='python go'

SHELL := bash
.DELETE_ON_ERROR:
.PHONY: help setup build rust python node go demo demo-up test test-all test-hosts soak lint fmt bench clean

LANGS ?= rust python node go
export LANGS

help:
	@echo 'make demo      components in four languages call one another on health records'
	@echo 'make demo-up   the same, kept running for `hms call`'
	@echo 'make test      unit tests, vectors, the matrix of languages, system tests'
	@echo 'make test-all  also simulation, fuzzing, long runs, hosts, licences'
	@echo 'make test-hosts  servers and programs that fork, start threads and processes, and end'
	@echo 'make soak      ten minutes of calls while providers are killed; DURATION=60 for a minute'
	@echo 'make lint      formatting and static checks; make fmt formats'
	@echo 'make bench     call times beside those of peers'
	@echo 'make setup     install what is missing; make build (or rust, python, node, go) builds'

setup:
	@scripts/setup.sh

build: rust python node go

rust python node go:
	@LANGS='rust $@' scripts/setup.sh
	@scripts/build.sh $@

demo: setup
	@scripts/demo.sh

demo-up: setup
	@scripts/demo.sh --up

test: setup
	@scripts/test.sh

test-all: setup
	@scripts/test.sh --all

test-hosts: setup
	@scripts/test.sh --all --only hosts

soak: build
	@scripts/soak.sh

lint: setup
	@scripts/lint.sh

fmt: setup
	@scripts/lint.sh --fix

bench: setup
	@scripts/bench.sh

clean:
	cargo clean
	rm -rf .venv packages/*/node_modules
