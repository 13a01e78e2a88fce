#pragma once
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

// A macro of another macro's enumerator, which is not imported as it stands.
static const ZSTD_cParameter varve_ZSTD_c_deterministicRefPrefix = ZSTD_c_deterministicRefPrefix;
