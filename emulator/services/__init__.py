"""One folder a service of AWS, named as moto names it."""
