using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>An open WAL whose pieces wait until a commit is whole, and are one write then: before the sync, and before SQLite tells readers of them.</summary>
/// <remarks>
/// https://sqlite.org/fileformat2.html#the_write_ahead_log: a frame is a header of 24 octets, in which the size of the database stands only where the frame ends a
/// commit, and a page. What waits is written before anything that could miss it: another place, a read of it, a sync, a look at the size, the end. An error of that
/// write is the error of the call that caused it. A commit that could not be written is forgotten: SQLite undoes it, and it must not come to light after a crash. Pages of a
/// transaction that is not at its end stay: it may go on, as one can after a full disk, and misses nothing of its own; without a commit nobody reads them later.
/// </remarks>
internal sealed class GatheredWal(IntPtr inner)
{
    /// <summary>Octets that wait at the most, some thirty pages: the default VFS writes less than 128 KiB at a time.</summary>
    private const int Capacity = 127 * 1024;

    private const int FrameHeader = 24;

    /// <summary>Where a frame's header says how large the database is after the commit, in pages; 0: the commit goes on.</summary>
    private const int SizeAfterCommit = 4;

    private readonly FileCalls _calls = FileCalls.Of(inner);

    // SQLite's own write takes its address.
    private readonly byte[] _octets = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private long _start;
    private int _count;
    private bool _endsCommit;

    public int Write(IntPtr octets, int count, long offset)
    {
        bool endsCommit = _endsCommit;
        _endsCommit = false;
        if ((offset != _start + _count || _count + count > Capacity) && Flush() is not raw.SQLITE_OK and var code)
        {
            return code;
        }

        if (count > Capacity)
        {
            return _calls.Write(inner, octets, count, offset);
        }

        if (_count == 0)
        {
            _start = offset;
        }

        Marshal.Copy(octets, _octets, _count, count);
        _count += count;
        _endsCommit = count == FrameHeader && BinaryPrimitives.ReadUInt32BigEndian(_octets.AsSpan(_count - FrameHeader + SizeAfterCommit)) != 0;
        return endsCommit ? FlushCommit() : raw.SQLITE_OK;
    }

    public int Read(IntPtr octets, int count, long offset) =>
        offset < _start + _count && offset + count > _start && Flush() is not raw.SQLITE_OK and var code ? code : _calls.Read(inner, octets, count, offset);

    public int Truncate(long size) => Flush() is not raw.SQLITE_OK and var code ? code : _calls.Truncate(inner, size);

    public int Sync(int flags) => Flush() is not raw.SQLITE_OK and var code ? code : _calls.Sync(inner, flags);

    public int FileSize(IntPtr size) => Flush() is not raw.SQLITE_OK and var code ? code : _calls.FileSize(inner, size);

    public int FileControl(int what, IntPtr argument) => Flush() is not raw.SQLITE_OK and var code ? code : _calls.FileControl(inner, what, argument);

    public int Lock(int level) => _calls.Lock(inner, level);

    public int Unlock(int level) => _calls.Unlock(inner, level);

    public int CheckReservedLock(IntPtr held) => _calls.CheckReservedLock(inner, held);

    public int SectorSize() => _calls.SectorSize(inner);

    public int DeviceCharacteristics() => _calls.DeviceCharacteristics(inner);

    public int Close()
    {
        int flushed = Flush(), closed = _calls.Close(inner);
        return flushed == raw.SQLITE_OK ? closed : flushed;
    }

    private int FlushCommit()
    {
        int code = Flush();
        _count = 0;
        return code;
    }

    private int Flush()
    {
        int code = _count == 0 ? raw.SQLITE_OK : _calls.Write(inner, Marshal.UnsafeAddrOfPinnedArrayElement(_octets, 0), _count, _start);
        if (code == raw.SQLITE_OK)
        {
            _count = 0;
        }

        return code;
    }
}
