// What the linker calls RELRO: tables of addresses that nobody writes once the program runs.
#pragma once

namespace tsrunc {

// Makes it read-only, as the dynamic linker does in dynamic programs and nobody in static ones.
void protect_tables();

} // namespace tsrunc
