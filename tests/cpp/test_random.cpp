// The generators against the outputs that their authors publish.
#undef NDEBUG
#include <cassert>
#include <cstdint>
#include <initializer_list>

#include "lumina/random.hpp"

int main() {
  lumina::SplitMix64 mix(1234567);
  for (const std::uint64_t want : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                   4593380528125082431u, 16408922859458223821u}) {
    assert(mix.next() == want);
  }
  lumina::Random random(1, 2, 3, 4);
  for (const std::uint64_t want :
       {std::uint64_t{41943041}, std::uint64_t{58720359}, std::uint64_t{3588806011781223},
        std::uint64_t{3591011842654386}, std::uint64_t{9228616714210784205u}, std::uint64_t{9973669472204895162u},
        std::uint64_t{14011001112246962877u}, std::uint64_t{12406186145184390807u},
        std::uint64_t{15849039046786891736u}, std::uint64_t{10450023813501588000u}}) {
    assert(random.bits() == want);
  }

  // below(3): each third of n within 5 standard errors, and never the bound itself
  lumina::Random uniform(7, 0);
  constexpr int n = 300000;
  int seen[3] = {};
  for (int i = 0; i < n; ++i) ++seen[uniform.below(3)];
  for (const int count : seen) assert(count > 100000 - 1291 && count < 100000 + 1291);
  // a bound of 2^63 + 1 rejects nearly half of the draws
  for (int i = 0; i < 1000; ++i) assert(uniform.below((1ull << 63) + 1) <= (1ull << 63));
  return 0;
}
