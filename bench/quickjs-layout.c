// Where QuickJS keeps what sample-functions.cc reads, as the first arguments of that. Compiled in the directory of its sources.
#include "quickjs.c"

#include <stdio.h>

#define AT(type, member) (int)offsetof(type, member)

int main(void) {
  printf("%d %d %d %d %d %d ", AT(JSRuntime, current_stack_frame), AT(JSRuntime, atom_array), AT(JSStackFrame, cur_func),
         AT(JSObject, class_id), AT(JSObject, u.func.function_bytecode), AT(JSObject, u.cfunc.c_function));
  printf("%d %d %d %d\n", AT(JSFunctionBytecode, func_name), AT(JSString, u), JS_CLASS_BYTECODE_FUNCTION,
         JS_CLASS_C_FUNCTION);
  return 0;
}
