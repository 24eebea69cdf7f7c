// Values of distributions, each one inverse cumulative distribution of one uniform number.

#include "laws.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "export.h"
#include "portable.h"
#include "random.h"

namespace spikesim {
namespace {

// Numerators and denominators of Wichura's algorithm PPND16 (Applied Statistics 37, 477, 1988),
// lowest order first.
constexpr double kCentreAbove[] = {
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227};
constexpr double kCentreBelow[] = {
    1.0, 42.31333070160091, 687.1870074920579, 5394.196021424751,
    21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854};
constexpr double kMiddleAbove[] = {
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414};
constexpr double kMiddleBelow[] = {
    1.0, 2.053191626637759, 1.6763848301838038, 0.6897673349851,
    0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-09};
constexpr double kTailAbove[] = {
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-05, 2.0103343992922881e-07};
constexpr double kTailBelow[] = {
    1.0, 0.599832206555888, 0.1369298809227358, 0.014875361290850615,
    0.0007868691311456133, 1.8463183175100548e-05, 1.421511758316446e-07, 2.0442631033899397e-15};

// Right for |p - 1/2| <= 0.425; notes which are outside.
SPIKESIM_VECTOR void Centre(const double* __restrict p, int n, double* __restrict z,
                            int32_t* __restrict outside) {
  for (int i = 0; i < n; ++i) {
    const double c = p[i] - 0.5;
    const double x = 0.180625 - c * c;
    z[i] = c * (Horner(x, kCentreAbove) / Horner(x, kCentreBelow));
    outside[i] = std::fabs(c) > 0.425;
  }
}

// The distance from the centre that the formulas outside take. A loop of its own: see Threefry.
SPIKESIM_VECTOR void Radius(const double* __restrict p, int n, double* __restrict r) {
  for (int i = 0; i < n; ++i) {
    const double other = 1.0 - p[i];
    r[i] = std::sqrt(-LogSum(LogParts(p[i] < other ? p[i] : other)));
  }
}

// For r <= 5; for the few beyond the caller takes another formula.
SPIKESIM_VECTOR void Outside(const double* __restrict p, const double* __restrict r, int n,
                             double* __restrict z) {
  for (int i = 0; i < n; ++i) {
    const double x = r[i] - 1.6;
    const double value = Horner(x, kMiddleAbove) / Horner(x, kMiddleBelow);
    z[i] = p[i] - 0.5 < 0.0 ? -value : value;
  }
}

SPIKESIM_VECTOR void Between(double* p, int n, double below, double upto) {
  for (int i = 0; i < n; ++i) {
    const double inside = below + (upto - below) * p[i];
    p[i] = inside < 1.0 - 0x1p-53 ? inside : 1.0 - 0x1p-53;
  }
}

SPIKESIM_VECTOR void Clip(double* x, int n, double low, double high) {
  for (int i = 0; i < n; ++i) {
    const double above = x[i] > low ? x[i] : low;
    x[i] = above < high ? above : high;
  }
}

SPIKESIM_VECTOR void Linear(const double* x, int n, double start, double slope, double* out) {
  for (int i = 0; i < n; ++i) out[i] = start + slope * x[i];
}

SPIKESIM_VECTOR void Lognormal(double* x, int n, double median, double sigma) {
  for (int i = 0; i < n; ++i) x[i] = median * Exp(sigma * x[i]);
}

}  // namespace

SPIKESIM_VECTOR void OpenUniforms(const uint32_t* word0, const uint32_t* word1, int n, double* u) {
  for (int i = 0; i < n; ++i) {
    // Both halves fit an int32, which converts to double in vectors everywhere.
    const double high = static_cast<double>(static_cast<int32_t>(word0[i] >> 5));
    const double low = static_cast<double>(static_cast<int32_t>(word1[i] >> 7));
    u[i] = ((high * 0x1p25 + low) + 0.5) * 0x1p-52;
  }
}

void NormalQuantiles(const double* p, int n, double* z) {
  int32_t outside[kBlock], at[kBlock], count = 0;
  Centre(p, n, z, outside);
  for (int i = 0; i < n; ++i) {
    at[count] = i;
    count += outside[i];
  }
  // Whole vectors: what is left over would be taken one by one.
  double q[kBlock + 8], value[kBlock + 8], r[kBlock + 8];
  for (int k = 0; k < count; ++k) q[k] = p[at[k]];
  for (int k = count; k < count + 8; ++k) q[k] = 0.01;
  const int whole = (count + 7) / 8 * 8;
  Radius(q, whole, r);
  Outside(q, r, whole, value);
  for (int k = 0; k < count; ++k) {
    if (r[k] > 5.0) {
      const double x = r[k] - 5.0;
      const double far = Horner(x, kTailAbove) / Horner(x, kTailBelow);
      value[k] = q[k] - 0.5 < 0.0 ? -far : far;
    }
    z[at[k]] = value[k];
  }
}

void Draw(const Law& law, uint32_t seed, const uint32_t* row, const uint32_t* position,
          const int64_t* index, int n, double* out) {
  if (law.kind == Law::kConstant) {
    std::fill(out, out + n, law.a);
    return;
  }
  if (law.kind == Law::kGiven) {
    for (int i = 0; i < n; ++i) out[i] = law.given[index[i]];
    return;
  }
  uint32_t x[kBlock], y[kBlock];
  std::copy(row, row + n, x);
  std::copy(position, position + n, y);
  Threefry(seed, law.stream, n, x, y);
  double p[kBlock];
  OpenUniforms(x, y, n, p);
  if (law.kind == Law::kUniform) return Linear(p, n, law.a, law.b - law.a, out);
  const bool bounded = law.below != 0.0 || law.upto != 1.0;
  if (bounded) Between(p, n, law.below, law.upto);
  NormalQuantiles(p, n, out);
  if (law.kind == Law::kNormal) {
    Linear(out, n, law.a, law.b, out);
  } else {
    Lognormal(out, n, law.a, law.b);
  }
  if (bounded) Clip(out, n, law.low, law.high);
}

}  // namespace spikesim

// Standard normal numbers of probabilities, for tests.
SPIKESIM_EXPORT void spikesim_normal_quantiles(const double* p, int64_t n, double* z) {
  for (int64_t i = 0; i < n; i += spikesim::kBlock)
    spikesim::NormalQuantiles(
        p + i, static_cast<int>(std::min<int64_t>(spikesim::kBlock, n - i)), z + i);
}
