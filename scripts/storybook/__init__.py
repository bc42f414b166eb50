"""How the built-in model ``storybook`` is made: its world, its painter, its captions and its training.

Reads from the top: ``world`` names the attributes, ``captions`` speaks of them, ``brush``, ``skies``,
``places``, ``subjects`` and ``styles`` draw them, ``painter`` puts a scene together, ``dataset`` turns scenes
into training batches, ``models`` builds the networks.
"""
