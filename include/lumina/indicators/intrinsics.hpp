// <immintrin.h> where there is one.
#pragma once

#include "lumina/platform/cpu.hpp"

#if LUMINA_X86_64
// GCC 12 takes the undefined registers of its own intrinsics for mistakes.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif
