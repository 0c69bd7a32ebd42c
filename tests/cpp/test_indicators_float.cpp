// The kernels on floats: all levels against each other.
#include "indicator_levels.hpp"

int main() { levels_are_equal<float>(); }
