#pragma once

namespace spaceframe::engine
{

/// What a sender has to do, once it has released the socket's lock, for messages that it appended to the
/// window of a connection.
enum class Duty
{
    none,      ///< nothing: whoever holds the right to write, or the loop, writes them
    write,     ///< write them: it holds the right to write now
    wake,      ///< tell the loop, which writes them
    drive,     ///< let the loop run, which was told
    disconnect ///< end the connection
};

} // namespace spaceframe::engine
