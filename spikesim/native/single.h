// STUB
#ifndef SPIKESIM_NATIVE_SINGLE_H_
#define SPIKESIM_NATIVE_SINGLE_H_
#include "portable.h"
namespace spikesim {
#define S1(N) SPIKESIM_INLINE float N(float x){return static_cast<float>(N(static_cast<double>(x)));}
S1(Exp) S1(Expm1) S1(Exprel) S1(Log) S1(Log1p) S1(Sin) S1(Cos) S1(Tan) S1(Sinh) S1(Cosh) S1(Tanh)
SPIKESIM_INLINE float Power(float x,float y){return static_cast<float>(Power(static_cast<double>(x),static_cast<double>(y)));}
}
#endif
