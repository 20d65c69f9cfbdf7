using System.Collections.Frozen;

namespace Posthorn.Core.Storage.Copying;

/// <summary>A table as both databases have it: its columns, those of the key first.</summary>
/// <param name="Keys">How many columns the key has.</param>
internal sealed record CopiedTable(string Name, IReadOnlyList<string> Columns, int Keys)
{
    /// <summary>Rows that changed are changed in their place: beside them lies what is not part of the row.</summary>
    public bool ChangesInPlace => Name == "body";
}

/// <summary>What a copy of a store takes along. Tables are found in the databases themselves, so a new one is copied without being named here; only what is one database's own is.</summary>
internal static class CopiedTables
{
    /// <summary>Of one process, one moment or one database, or made anew from the rest as the search index is: a copy begins without them.</summary>
    public static readonly FrozenSet<string> Left = FrozenSet.Create("posthorn_schema", "commit_mark", "maildrop_lease", "body_hold", "node", "open_session", "body_octets", "search_index", "search_segment");

    /// <summary>Settings that belong to the place, not to what is kept there.</summary>
    public static readonly FrozenSet<string> LeftSettings = FrozenSet.Create(StoreMark.UidValidity, StoreMark.Incomplete, StoreMark.Copied);

    /// <summary>Who works on a row just now; in a copy nobody does.</summary>
    public static readonly FrozenSet<string> LeftEmpty = FrozenSet.Create("envelope_recipient.lease_node", "envelope_recipient.lease_until");

    /// <summary>Not part of the row: SQLite's own number of a body, and octets, which are copied by themselves.</summary>
    public static readonly FrozenSet<string> LeftColumns = FrozenSet.Create("body.number", "body.octets");

    /// <summary>The tables of two stores, matched.</summary>
    /// <exception cref="InvalidOperationException">A table or column is in one of them only.</exception>
    public static IReadOnlyList<CopiedTable> Match(IReadOnlyList<CopiedTable> ours, IReadOnlyList<CopiedTable> theirs)
    {
        string[] single = [.. ours.Concat(theirs).SelectMany(Names).GroupBy(static name => name).Where(static group => group.Count() != 2).Select(static group => group.Key).Order()];
        if (single.Length > 0)
        {
            throw new InvalidOperationException($"Only one of the two stores has {string.Join(", ", single)}: give both dialects the same, or say in CopiedTables that it is left.");
        }

        foreach (CopiedTable table in ours)
        {
            CopiedTable other = theirs.Single(candidate => candidate.Name == table.Name);
            if (!other.Columns.Take(other.Keys).SequenceEqual(table.Columns.Take(table.Keys)))
            {
                throw new InvalidOperationException($"The keys of {table.Name} differ: ({string.Join(", ", table.Columns.Take(table.Keys))}) and ({string.Join(", ", other.Columns.Take(other.Keys))}).");
            }
        }

        return ours;
    }

    /// <summary>Puts the columns in the order that both stores agree on.</summary>
    public static CopiedTable Of(string name, IReadOnlyList<string> columns, IReadOnlyList<string> key)
    {
        if (key.Count == 0)
        {
            throw new InvalidOperationException($"{name} has no primary key: it cannot be copied.");
        }

        string[] others = [.. columns.Except(key).Where(column => !LeftColumns.Contains($"{name}.{column}")).Order(StringComparer.Ordinal)];
        return new CopiedTable(name, [.. key, .. others], key.Count);
    }

    private static IEnumerable<string> Names(CopiedTable table) => table.Columns.Select(column => $"{table.Name}.{column}").Prepend(table.Name);
}

/// <summary>Settings by which a store tells what it is.</summary>
internal static class StoreMark
{
    public const string Epoch = "epoch";

    /// <summary>Where SQLite counts; PostgreSQL has a sequence.</summary>
    public const string UidValidity = "uidvalidity";

    /// <summary>A copy of the store with this epoch was begun here and is not whole.</summary>
    public const string Incomplete = "copy.incomplete";

    /// <summary>A whole copy of the store with this epoch, that nobody has worked with yet.</summary>
    public const string Copied = "copy.whole";

    public static string IncompleteText(string place) => $"{place} holds a copy of a store that was cut off. Run the command that made it once more, or empty it.";
}
