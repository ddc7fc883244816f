"""AWS on loopback: moto's APIs with executors that really run the data plane."""
