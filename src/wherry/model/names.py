"""Words that make the names of containers that were given none: an adjective and somebody who found something out."""

_ADJECTIVES = """
able agile amber blithe bold brave bright brisk calm candid clever coastal cosmic crisp curious daring deft eager
earnest easy fair fleet fond frank gentle glad golden hardy hearty humble keen kind lively loyal lucid mellow merry mild
nimble noble patient plain polar prompt quick quiet rapid ready serene silver sincere sleek snug solid sound spry steady
stout sunny sure swift tidal tidy trusty upbeat vivid warm windy wise witty zesty
"""
_SURNAMES = """
abel agnesi ampere babbage banach bardeen bernoulli bohr boole brahmagupta carson cauchy cavendish cori curie darwin
dijkstra dirac doppler einstein elion erdos euler faraday fermat fermi feynman franklin galileo galois gauss germain
goodall hamilton hertz hodgkin hopper huygens hypatia joliot joule kepler knuth kovalevskaya lamarr laplace leavitt
liskov lovelace maxwell mayer mcclintock meitner mendel mirzakhani moser newton nightingale noether ohm pascal pasteur
perlman planck poincare ramanujan ride rubin somerville tesla turing volta wu yalow
"""

ADJECTIVES = tuple(_ADJECTIVES.split())
SURNAMES = tuple(_SURNAMES.split())
