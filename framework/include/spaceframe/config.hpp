#pragma once

#if __cplusplus < 202002L
#error "Spaceframe needs C++20 (-std=c++20)"
#endif

/// Marks what libspaceframe exports; everything else is hidden.
#define SPACEFRAME_API __attribute__((visibility("default")))
