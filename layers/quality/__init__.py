"""How good a version is: each feature by itself, the features to each other, and what decides."""
