/** What the probe looks at, each part in a file of its own. */
#pragma once

#include "json.h"

/** Arguments, environment, working directory. */
void tell_program(Json &json, int argc, char **argv, char **environment);
/** Ids, limits, scheduling, signals, keyring: what the kernel keeps of the process. */
void tell_process(Json &json);
/** Names and interfaces of the machine that the process sees. */
void tell_machine(Json &json);
/** The files of the root file system, how devices and closed paths open, kernel parameters. */
void tell_files(Json &json);
/** The answers of system calls. */
void tell_calls(Json &json);
/** As a hook: what it was given, a line added to the file. */
int tell_as_hook(int argc, char **argv, char **environment);
