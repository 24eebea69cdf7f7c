// The operations of the IR as loops over blocks of elements.
#ifndef SPIKESIM_NATIVE_OPERATIONS_H_
#define SPIKESIM_NATIVE_OPERATIONS_H_

#include <cstdint>

namespace spikesim {

// out[i] = operation(a[i], b[i], c[i]) for i < n. `out` may be one of the operands.
using Loop = void (*)(void* out, const void* a, const void* b, const void* c, int64_t n);

// operations.cc, compiled for one instruction set each. The name is that of the operation, a dot
// and the type of its operands: f float, d double, i int32, b bool. Bit k of `single` says that
// operand k is one value for all elements. nullptr where there is no such loop.
Loop FindBaseline(const char* name, int single);
Loop FindAvx2(const char* name, int single);
Loop FindAvx512(const char* name, int single);

}  // namespace spikesim

#endif  // SPIKESIM_NATIVE_OPERATIONS_H_
