# Everything goes through one script, which sets the project up first. `make demo` and `make test` are all you need.
PYTHON ?= python3
BOOTSTRAP = @command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python 3.11 ou plus récent est nécessaire (commande $(PYTHON))." >&2; exit 1; }; exec $(PYTHON) scripts/bootstrap.py

.PHONY: demo test bench setup requirements lint clean

demo:  ## The product with two demo clients, in the foreground: PORT=8001 make demo
	$(BOOTSTRAP) demo

test:  ## Every check, then the tests: make test ARGS="-k siret"
	$(BOOTSTRAP) test $(ARGS)

bench:  ## The measurements of tests/bench: make bench ARGS="--quick --only liste"
	$(BOOTSTRAP) bench $(ARGS)

setup:  ## Install everything, start nothing
	$(BOOTSTRAP) setup

lint:  ## Put the code in shape, then check it
	$(BOOTSTRAP) lint

requirements:  ## Compile requirements/*.in again
	$(BOOTSTRAP) requirements

clean:  ## Remove what was installed or built; the data in .data stays
	$(BOOTSTRAP) clean
