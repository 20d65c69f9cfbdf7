"""Writers of the sample mail, one module for each kind. make.py runs them."""
