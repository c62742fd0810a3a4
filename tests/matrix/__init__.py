"""Which kinds of Keras model this program and others explain: `make matrix` runs every cell of the table."""
