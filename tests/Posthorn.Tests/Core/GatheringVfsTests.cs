using System.Runtime.InteropServices;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Tests.Core;

/// <summary>What waits in memory until a commit is whole is missed by nobody. That it is one write then: DurabilityTests.</summary>
public sealed class GatheringVfsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("posthorn-test-");
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _other;

    public GatheringVfsTests()
    {
        string path = Path.Combine(_folder.FullName, "a.db");
        _writer = SqliteConnection.Open(path, readOnly: false, gathersWal: true);
        // Without syncs: they would write what waits as well.
        _writer.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(n INTEGER PRIMARY KEY, octets BLOB NOT NULL)");
        _other = SqliteConnection.Open(path, readOnly: false);
    }

    [Fact]
    public void What_is_committed_is_there_for_other_connections_at_once()
    {
        var random = new Random(20_261_129);
        long all = 0;
        for (int commit = 0; commit < 200; commit++)
        {
            int rows = random.Next(1, commit % 20 == 0 ? 400 : 6);
            Insert(rows, random.Next(1, 3_000));
            all += rows;
            Assert.Equal(all, _other.Scalar("SELECT count(*) FROM t"));
            if (commit % 50 == 49)
            {
                // The next commit starts the WAL over.
                _other.Checkpoint();
            }
        }

        AssertSound();
    }

    [Fact]
    public void A_transaction_that_does_not_fit_into_memory_reads_its_own_and_what_it_took_back_is_gone()
    {
        _writer.Execute("PRAGMA cache_size=10; BEGIN");
        InsertWithin(2_000, 1_000);
        _writer.Execute("SAVEPOINT s");
        InsertWithin(500, 1_000);
        _writer.Execute("UPDATE t SET octets = zeroblob(7) WHERE n % 3 = 0");
        _writer.Execute("ROLLBACK TO s; RELEASE s");
        Assert.Equal(2_000_000, _writer.Scalar("SELECT sum(length(octets)) FROM t"));
        Assert.Equal(0, _other.Scalar("SELECT count(*) FROM t"));
        _writer.Execute("UPDATE t SET octets = zeroblob(10) WHERE n % 2 = 0; COMMIT");
        Assert.Equal(1_010_000, _other.Scalar("SELECT sum(length(octets)) FROM t"));
        AssertSound();
    }

    [Fact]
    public void A_transaction_that_is_undone_leaves_nothing_and_the_next_one_is_whole()
    {
        _writer.Execute("PRAGMA cache_size=10; BEGIN");
        InsertWithin(1_000, 1_000);
        _writer.Execute("ROLLBACK");
        Insert(3, 10);
        Assert.Equal(3, _other.Scalar("SELECT count(*) FROM t"));
        AssertSound();
    }

    [Fact]
    public void What_was_committed_is_there_when_it_is_opened_again()
    {
        Insert(100, 2_000);
        _writer.Dispose();
        _other.Dispose();
        using SqliteConnection again = SqliteConnection.Open(Path.Combine(_folder.FullName, "a.db"), readOnly: false, gathersWal: true);
        Assert.Equal(200_000, again.Scalar("SELECT sum(length(octets)) FROM t"));
    }

    [Fact]
    public void Pages_of_an_open_transaction_stay_until_there_is_room_and_a_commit_that_failed_is_forgotten()
    {
        var written = new List<(long Offset, int Count)>();
        int answer = SQLitePCL.raw.SQLITE_FULL;
        FileCalls disk = FakeFile((_, count, offset) =>
        {
            if (answer == SQLitePCL.raw.SQLITE_OK)
            {
                written.Add((offset, count));
            }

            return answer;
        });
        IntPtr inner = Marshal.AllocCoTaskMem(IntPtr.Size);
        Marshal.WriteIntPtr(inner, disk.ToTable());
        var wal = new GatheredWal(inner);
        byte[] header = new byte[24], last = new byte[24], page = new byte[512];
        last[7] = 9;

        // An open transaction has written a page, and reads it again on a full disk.
        Assert.Equal(SQLitePCL.raw.SQLITE_OK, Write(wal, 32, header));
        Assert.Equal(SQLitePCL.raw.SQLITE_OK, Write(wal, 56, page));
        Assert.Equal(SQLitePCL.raw.SQLITE_FULL, wal.Read(inner, 512, 56));
        answer = SQLitePCL.raw.SQLITE_OK;
        Assert.Equal(SQLitePCL.raw.SQLITE_OK, wal.Read(inner, 512, 56));
        Assert.Equal([(32, 536)], written);

        // Its commit finds the disk full again.
        answer = SQLitePCL.raw.SQLITE_FULL;
        Assert.Equal(SQLitePCL.raw.SQLITE_OK, Write(wal, 568, last));
        Assert.Equal(SQLitePCL.raw.SQLITE_FULL, Write(wal, 592, page));
        answer = SQLitePCL.raw.SQLITE_OK;
        Assert.Equal(SQLitePCL.raw.SQLITE_OK, wal.Close());
        Assert.Equal([(32, 536)], written);
        Marshal.FreeCoTaskMem(inner);
        GC.KeepAlive(disk);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _other.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int Write(GatheredWal wal, long offset, byte[] octets)
    {
        GCHandle pin = GCHandle.Alloc(octets, GCHandleType.Pinned);
        try
        {
            return wal.Write(pin.AddrOfPinnedObject(), octets.Length, offset);
        }
        finally
        {
            pin.Free();
        }
    }

    private static FileCalls FakeFile(Func<IntPtr, int, long, int> write) => new()
    {
        Close = static _ => 0,
        Read = static (_, _, _, _) => 0,
        Write = (_, octets, count, offset) => write(octets, count, offset),
        Truncate = static (_, _) => 0,
        Sync = static (_, _) => 0,
        FileSize = static (_, _) => 0,
        Lock = static (_, _) => 0,
        Unlock = static (_, _) => 0,
        CheckReservedLock = static (_, _) => 0,
        FileControl = static (_, _, _) => 0,
        SectorSize = static _ => 512,
        DeviceCharacteristics = static _ => 0,
    };

    private void Insert(int rows, int length)
    {
        _writer.Execute("BEGIN");
        InsertWithin(rows, length);
        _writer.Execute("COMMIT");
    }

    private void InsertWithin(int rows, int length)
    {
        for (int row = 0; row < rows; row++)
        {
            _writer.Use("INSERT INTO t(octets) VALUES(randomblob(?1))").Bind(length).Run();
        }
    }

    private void AssertSound()
    {
        _other.Checkpoint();
        Assert.Equal(1, _other.Scalar("SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
    }
}
