// Rings between threads and between processes; docs of each in its header.
#pragma once

#include "lumina/ring/byte_rings.hpp"         // IWYU pragma: export
#include "lumina/ring/disruptor.hpp"          // IWYU pragma: export
#include "lumina/ring/mpmc_ring.hpp"          // IWYU pragma: export
#include "lumina/ring/spsc_latency_ring.hpp"  // IWYU pragma: export
#include "lumina/ring/spsc_ring.hpp"          // IWYU pragma: export
