#pragma once

/// Marks what libspaceframe exports; everything else is hidden.
#define SPACEFRAME_API __attribute__((visibility("default")))
