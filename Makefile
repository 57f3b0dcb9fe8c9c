# SPDX-License-Identifier: GPL-2.0
# A thin front: the work is done by scripts/, selftests/ and meson.

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
DESTDIR ?=
T := scripts/target

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps kernel tools template image run check shell kunit check-debug bench lint patchset install clean
deps: ## install the Debian packages that everything needs
	@$(T) deps
kernel: ## build the kernels: release, debug and stock
	@$(T) kernel
tools: ## build vzctl and its friends
	@$(T) tools
template: ## build the container templates
	@$(T) template
image: ## build the farm host's disk images
	@$(T) image
run: ## the main job, end to end, in a virtual machine
	@$(T) run
check: ## every test; the last line counts them
	@$(T) check
shell: ## the farm host with a root shell on this terminal
	@$(T) shell
kunit: ## the kernel's unit tests on UML
	@$(T) kunit
check-debug: ## the tests of the debug kernel only
	@$(T) check-debug
bench: ## the benchmarks, compared with lxc, systemd-nspawn and crun
	@$(T) bench
lint: ## checkpatch, sparse, shellcheck, mandoc, compilers' warnings
	@$(T) lint
patchset: ## one numbered mailbox series and one monolithic patch
	@$(T) patchset
install: ## install the tools below DESTDIR
	@DESTDIR="$(abspath $(DESTDIR))" $(T) install
clean: ## remove what was built
	@$(T) clean
