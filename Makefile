# Names for the two front doors, for those whose fingers type make.
.POSIX:
.PHONY: all run test clean

all: run

run:
	./run

test:
	./test

clean:
	cargo clean
