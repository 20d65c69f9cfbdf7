using System.Security.Cryptography;

namespace Posthorn.Core.Storage.Copying;

/// <summary>What was done to one table of a copy.</summary>
/// <param name="Rows">Rows it has now.</param>
internal sealed record CopiedRows(string Table, long Rows, long Added, long Changed, long Removed)
{
    public bool IsChanged => Added + Changed + Removed > 0;
}

/// <summary>
/// Makes the rows of a target those of a source, table by table, by reading both in the order of their keys: only what differs is written, so that a copy can be
/// made again and again until little is left. The octets of bodies are not rows (<see cref="Maintenance.BodyCopy"/>).
/// </summary>
internal sealed class RowCopy(IRowSource source, IRowTarget target, IProgress<Maintenance.WorkStep> progress)
{
    /// <summary>Rows written at a time: what is lost when a copy is cut off.</summary>
    private const int ChunkRows = 5_000;

    /// <summary>Rows between two reports.</summary>
    private const int ReportRows = 1_000;

    private long _done;
    private long _total;

    /// <exception cref="StoreOpeningException">What was written does not read back as the source has it.</exception>
    public IReadOnlyList<CopiedRows> Run(CancellationToken cancel)
    {
        IReadOnlyList<CopiedTable> tables = CopiedTables.Match(source.Tables, target.Tables);
        var counts = tables.ToDictionary(static table => table.Name, source.Count);
        (_done, _total) = (0, counts.Values.Sum());
        var copied = new List<CopiedRows>();
        foreach (CopiedTable table in tables)
        {
            copied.Add(Copy(table, counts[table.Name], cancel));
        }

        target.Advance(source.Counters);
        target.Step();
        (_done, _total) = (0, copied.Where(static table => table.IsChanged).Sum(static table => table.Rows));
        foreach (CopiedTable table in tables.Where(table => copied.Exists(other => other.Table == table.Name && other.IsChanged)))
        {
            Verify(table, cancel);
        }

        return copied;
    }

    /// <summary>A digest over all rows of a table: the same wherever the same rows are.</summary>
    public static byte[] Digest(IRowSource rows, CopiedTable table, Action counted)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Row row in rows.Rows(table))
        {
            hash.AppendData(row.Encoded);
            counted();
        }

        return hash.GetHashAndReset();
    }

    private CopiedRows Copy(CopiedTable table, long rows, CancellationToken cancel)
    {
        long changed = 0, removed = 0;
        if (target.Count(table) > 0)
        {
            (changed, removed) = RemoveAndChange(table, cancel);
        }

        long added = rows == target.Count(table) ? 0 : AddMissing(table, cancel);
        Report(rows);
        return new CopiedRows(table.Name, rows, added - (table.ChangesInPlace ? 0 : changed), changed, removed);
    }

    /// <summary>
    /// Takes away what the source has not, and what it has otherwise: a row that changed is added anew, so that no two rows of a moment want the same name. Their
    /// keys are held in memory.
    /// </summary>
    private (long Changed, long Removed) RemoveAndChange(CopiedTable table, CancellationToken cancel)
    {
        List<Row> gone = [], changed = [];
        foreach ((Row? ours, Row? theirs) in Pairs(table, cancel))
        {
            if (ours is null)
            {
                gone.Add(theirs!.First(table.Keys));
            }
            else if (theirs is not null && !ours.Equals(theirs))
            {
                changed.Add(table.ChangesInPlace ? ours : ours.First(table.Keys));
            }
        }

        Write(gone, rows => target.Remove(table, rows), cancel);
        Write(changed, rows => (table.ChangesInPlace ? (Action<CopiedTable, IReadOnlyList<Row>>)target.Change : target.Remove)(table, rows), cancel);
        return (changed.Count, gone.Count);
    }

    private long AddMissing(CopiedTable table, CancellationToken cancel)
    {
        long added = 0, before = _done;
        var chunk = new List<Row>(ChunkRows);
        foreach ((Row? ours, Row? theirs) in Pairs(table, cancel))
        {
            if (ours is not null && theirs is null)
            {
                chunk.Add(ours);
                added++;
            }

            if (chunk.Count == ChunkRows)
            {
                target.Add(table, chunk);
                target.Step();
                chunk.Clear();
                progress.Report(new Maintenance.WorkStep("Rows copied", before + added, _total));
            }
        }

        if (chunk.Count > 0)
        {
            target.Add(table, chunk);
            target.Step();
        }

        return added;
    }

    private void Verify(CopiedTable table, CancellationToken cancel)
    {
        void Counted()
        {
            if (++_done % ReportRows == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress.Report(new Maintenance.WorkStep("Rows verified", _done, _total));
            }
        }

        byte[] ours = Digest(source, table, static () => { });
        if (!ours.AsSpan().SequenceEqual(Digest(target, table, Counted)))
        {
            throw new StoreOpeningException($"The table {table.Name} does not read back as it was written. Run the command again; if it says so again, look at the disk or the database of the target.");
        }
    }

    private static IEnumerable<Row[]> Chunks(List<Row> rows) => rows.Chunk(ChunkRows);

    private void Write(List<Row> rows, Action<IReadOnlyList<Row>> write, CancellationToken cancel)
    {
        foreach (Row[] chunk in Chunks(rows))
        {
            cancel.ThrowIfCancellationRequested();
            write(chunk);
            target.Step();
        }
    }

    private void Report(long rows)
    {
        _done += rows;
        progress.Report(new Maintenance.WorkStep("Rows copied", _done, _total));
    }

    /// <summary>The rows of both with the same key side by side; null: the other one has no such row.</summary>
    private IEnumerable<(Row? Ours, Row? Theirs)> Pairs(CopiedTable table, CancellationToken cancel)
    {
        using IEnumerator<Row> ours = source.Rows(table).GetEnumerator(), theirs = target.Rows(table).GetEnumerator();
        bool hasOurs = ours.MoveNext(), hasTheirs = theirs.MoveNext();
        for (long pairs = 0; hasOurs || hasTheirs; pairs++)
        {
            if (pairs % ReportRows == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            int order = !hasTheirs ? -1 : !hasOurs ? 1 : Row.CompareKeys(ours.Current, theirs.Current, table.Keys);
            yield return (order <= 0 ? ours.Current : null, order >= 0 ? theirs.Current : null);
            hasOurs = order <= 0 ? ours.MoveNext() : hasOurs;
            hasTheirs = order >= 0 ? theirs.MoveNext() : hasTheirs;
        }
    }
}
