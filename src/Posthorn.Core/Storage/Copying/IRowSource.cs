using Posthorn.Core.Bodies;

namespace Posthorn.Core.Storage.Copying;

/// <summary>One state of a store, read table by table. Not thread-safe; at most one enumeration at a time.</summary>
internal interface IRowSource : IDisposable
{
    IReadOnlyList<CopiedTable> Tables { get; }

    /// <summary>Last numbers given: of UIDVALIDITY, and of tables that number their rows.</summary>
    IReadOnlyDictionary<string, long> Counters { get; }

    string? Setting(string key);

    long Count(CopiedTable table);

    /// <summary>All rows in the order of their keys.</summary>
    IEnumerable<Row> Rows(CopiedTable table);

    /// <summary>Bodies that lie outside the database, without octets, in the order of their ids.</summary>
    IEnumerable<StoredBody> ExternalBodies();

    /// <summary>Small bodies with their octets, in any order; those that have none are left out.</summary>
    IReadOnlyList<StoredBody> InlineBodies(IReadOnlyList<BodyId> ids);
}

/// <summary>A store that becomes a copy of another one. What is written shows to its own reads.</summary>
internal interface IRowTarget : IRowSource
{
    /// <summary>Adds rows whose keys are not there.</summary>
    void Add(CopiedTable table, IReadOnlyList<Row> rows);

    /// <summary>Rows with the same keys are there already.</summary>
    void Change(CopiedTable table, IReadOnlyList<Row> rows);

    /// <param name="keys">Rows of which only the key is looked at.</param>
    void Remove(CopiedTable table, IReadOnlyList<Row> keys);

    /// <summary>Small bodies whose row is there without octets.</summary>
    IReadOnlyList<BodyId> WithoutOctets();

    void SetOctets(IReadOnlyList<StoredBody> bodies);

    /// <summary>Never back: what was given here is not given again.</summary>
    void Advance(IReadOnlyDictionary<string, long> counters);

    /// <param name="value">Null: it goes.</param>
    void Set(string key, string? value);

    /// <summary>Ends a step that survives by itself; a copy that is made at one stroke has no steps.</summary>
    void Step();
}
