namespace Posthorn.ProtocolTests.Imap.InStep;

/// <summary>What a client of the model makes use of.</summary>
internal enum ClientKind
{
    /// <summary>IMAP4rev1 and sequence numbers; comes back by reading all.</summary>
    Plain,

    /// <summary>Sequence numbers and modseqs.</summary>
    CondStore,

    /// <summary>Sequence numbers, and comes back by QRESYNC.</summary>
    QResync,

    /// <summary>No sequence numbers (RFC 9586), and comes back by QRESYNC.</summary>
    UidOnly,

    /// <summary>Hears at any time (RFC 5465), so it uses UIDs; comes back by QRESYNC.</summary>
    Notify,
}
