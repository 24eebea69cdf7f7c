// What is called through ctypes.
#ifndef SPIKESIM_NATIVE_EXPORT_H_
#define SPIKESIM_NATIVE_EXPORT_H_

#if defined(_WIN32)
#define SPIKESIM_EXPORT extern "C" __declspec(dllexport)
#else
#define SPIKESIM_EXPORT extern "C" __attribute__((visibility("default")))
#endif

#endif  // SPIKESIM_NATIVE_EXPORT_H_
