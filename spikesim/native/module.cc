// The Python module spikesim.native._kernels: hands XLA its kernels as capsules. All else in the
// library is called through ctypes.
#include <Python.h>

#include "xla/ffi/api/c_api.h"

extern "C" {
XLA_FFI_Error* spikesim_exchange_f32(XLA_FFI_CallFrame*);
XLA_FFI_Error* spikesim_exchange_f64(XLA_FFI_CallFrame*);
XLA_FFI_Error* spikesim_collect_f32(XLA_FFI_CallFrame*);
XLA_FFI_Error* spikesim_collect_f64(XLA_FFI_CallFrame*);
XLA_FFI_Error* spikesim_uniform(XLA_FFI_CallFrame*);
XLA_FFI_Error* spikesim_normal(XLA_FFI_CallFrame*);
XLA_FFI_Error* spikesim_poisson(XLA_FFI_CallFrame*);
}

namespace {

struct Kernel {
  const char* name;
  XLA_FFI_Handler* handler;
};

const Kernel kKernels[] = {
    {"spikesim_exchange_f32", spikesim_exchange_f32},
    {"spikesim_exchange_f64", spikesim_exchange_f64},
    {"spikesim_collect_f32", spikesim_collect_f32},
    {"spikesim_collect_f64", spikesim_collect_f64},
    {"spikesim_uniform", spikesim_uniform},
    {"spikesim_normal", spikesim_normal},
    {"spikesim_poisson", spikesim_poisson},
};

PyObject* Targets(PyObject*, PyObject*) {
  PyObject* targets = PyDict_New();
  if (!targets) return nullptr;
  for (const Kernel& kernel : kKernels) {
    PyObject* capsule = PyCapsule_New(reinterpret_cast<void*>(kernel.handler), nullptr, nullptr);
    if (!capsule || PyDict_SetItemString(targets, kernel.name, capsule) < 0) {
      Py_XDECREF(capsule);
      Py_DECREF(targets);
      return nullptr;
    }
    Py_DECREF(capsule);
  }
  return targets;
}

PyMethodDef kMethods[] = {
    {"targets", Targets, METH_NOARGS, "The kernels by name, as capsules for jax.ffi."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef kModule = {PyModuleDef_HEAD_INIT, "_kernels",
                       "The C++ part of spikesim.", -1, kMethods,
                       nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__kernels() {
  PyObject* module = PyModule_Create(&kModule);
  if (module && PyModule_AddStringConstant(module, "version", SPIKESIM_VERSION) < 0) {
    Py_DECREF(module);
    return nullptr;
  }
  return module;
}
