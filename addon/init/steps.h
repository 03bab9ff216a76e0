// One function a step: what it does is in src/plan/steps/step-table.ts. Each returns 0, or what Context::fail returns.
#pragma once

#include "context.h"

#include "generated/step-functions.h"

// The plan is not what this init understands.
int malformed(Context &context);
