#include "library_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spaceframe::plugin_host
{

namespace
{

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

constexpr unsigned char our_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char our_data = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

#if defined(__x86_64__)
constexpr std::uint16_t our_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t our_machine = EM_AARCH64;
#elif defined(__i386__)
constexpr std::uint16_t our_machine = EM_386;
#elif defined(__arm__)
constexpr std::uint16_t our_machine = EM_ARM;
#elif defined(__riscv)
constexpr std::uint16_t our_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t our_machine = EM_PPC64;
#elif defined(__s390__)
constexpr std::uint16_t our_machine = EM_S390;
#else
#error "Add this machine's ELF number here"
#endif

std::string machine_name(std::uint16_t machine)
{
    switch (machine)
    {
    case EM_X86_64:
        return "x86-64";
    case EM_AARCH64:
        return "AArch64";
    case EM_386:
        return "x86 (32 bits)";
    case EM_ARM:
        return "ARM (32 bits)";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "PowerPC (64 bits)";
    case EM_S390:
        return "S/390";
    default:
        return fmt::format("machine {}", machine);
    }
}

class Descriptor
{
public:
    explicit Descriptor(int number) : number_(number)
    {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    ~Descriptor()
    {
        if (number_ >= 0)
        {
            ::close(number_);
        }
    }

    int number() const
    {
        return number_;
    }

private:
    int number_;
};

std::string error_text(int code)
{
    return std::system_category().message(code);
}

// Reads exactly `size` bytes at `offset`.
bool read_at(int file, void* buffer, std::size_t size, std::uint64_t offset)
{
    auto* bytes = static_cast<char*>(buffer);
    while (size > 0)
    {
        const ssize_t count = ::pread(file, bytes, size, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
        {
            continue;
        }
        if (count <= 0)
        {
            return false;
        }
        bytes += count;
        size -= static_cast<std::size_t>(count);
        offset += static_cast<std::uint64_t>(count);
    }
    return true;
}

bool lies_within(std::uint64_t offset, std::uint64_t length, std::uint64_t size)
{
    return offset <= size && length <= size - offset;
}

std::string truncated(std::uint64_t size)
{
    return fmt::format(
        "is truncated or damaged: its headers promise more than its {} bytes. Install it again", size);
}

std::optional<std::string> check_identity(int file, std::uint64_t size, Header& header)
{
    std::array<unsigned char, EI_NIDENT> identity{};
    const std::size_t known = std::min<std::size_t>(size, identity.size());
    if (!read_at(file, identity.data(), known, 0))
    {
        return fmt::format("cannot be read: {}", error_text(errno));
    }
    if (known < SELFMAG || std::memcmp(identity.data(), ELFMAG, SELFMAG) != 0)
    {
        return "is not a shared library (not an ELF file). Remove it from the folder or install the plug-in "
               "again";
    }
    if (known < EI_NIDENT)
    {
        return truncated(size);
    }
    if (identity[EI_CLASS] != our_class || identity[EI_DATA] != our_data)
    {
        return fmt::format(
            "is built for another architecture ({} bits, {}-endian), this kernel runs on {}. Install "
            "the plug-in's build for {}",
            identity[EI_CLASS] == ELFCLASS64 ? 64 : 32, identity[EI_DATA] == ELFDATA2MSB ? "big" : "little",
            machine_name(our_machine), machine_name(our_machine));
    }
    if (!read_at(file, &header, sizeof(header), 0))
    {
        return truncated(size);
    }
    if (header.e_machine != our_machine)
    {
        return fmt::format(
            "is built for another architecture ({}), this kernel runs on {}. Install the plug-in's "
            "build for {}",
            machine_name(header.e_machine), machine_name(our_machine), machine_name(our_machine));
    }
    if (header.e_type != ET_DYN)
    {
        return "is an ELF file, but no shared library. Link it with -shared";
    }
    return std::nullopt;
}

std::optional<std::string> check_contents(int file, std::uint64_t size, const Header& header)
{
    const std::uint64_t sections = std::uint64_t{header.e_shnum} * header.e_shentsize;
    if (header.e_phnum == 0 || header.e_phentsize != sizeof(Segment) ||
        !lies_within(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Segment), size) ||
        !lies_within(header.e_shoff, sections, size))
    {
        return truncated(size);
    }
    std::vector<Segment> segments(header.e_phnum);
    if (!read_at(file, segments.data(), segments.size() * sizeof(Segment), header.e_phoff))
    {
        return truncated(size);
    }
    bool dynamic = false;
    for (const Segment& segment : segments)
    {
        if (!lies_within(segment.p_offset, segment.p_filesz, size))
        {
            return truncated(size);
        }
        dynamic = dynamic || segment.p_type == PT_DYNAMIC;
    }
    if (!dynamic)
    {
        return "is an ELF file, but no shared library. Link it with -shared";
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> check_library_file(const std::filesystem::path& file)
{
    // Not to wait for the writer of a FIFO that bears a library's name.
    const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (descriptor.number() < 0)
    {
        return fmt::format("cannot be opened: {}. Check that it exists and may be read", error_text(errno));
    }
    struct stat status
    {};
    if (::fstat(descriptor.number(), &status) != 0)
    {
        return fmt::format("cannot be examined: {}", error_text(errno));
    }
    if (S_ISDIR(status.st_mode))
    {
        return "is a folder, not a shared library. Rename it, or name it as a folder to search";
    }
    if (!S_ISREG(status.st_mode))
    {
        return "is not a regular file. Remove it from the folder";
    }
    if (status.st_size == 0)
    {
        return "is empty. Install it again";
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    Header header{};
    if (auto problem = check_identity(descriptor.number(), size, header))
    {
        return problem;
    }
    return check_contents(descriptor.number(), size, header);
}

} // namespace spaceframe::plugin_host
