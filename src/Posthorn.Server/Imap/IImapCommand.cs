namespace Posthorn.Server.Imap;

/// <summary>A command as it was parsed. It holds no bytes of the connection.</summary>
internal interface IImapCommand
{
    /// <summary>The messages that it names: of a large mailbox, older ones are read before it runs. Null: it names none, or sees to that itself.</summary>
    SequenceSet? Messages => null;

    /// <summary>Does it and writes untagged responses; the loop tells pending updates and writes the tagged reply.</summary>
    ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel);
}

/// <summary>The grammar of a command: pure, so that it is tested and fuzzed without a session.</summary>
internal interface IImapCommand<TSelf> : IImapCommand
    where TSelf : IImapCommand<TSelf>
{
    /// <summary>Reads what follows the command's name, to the end of the command.</summary>
    /// <exception cref="ImapSyntaxException">It does not follow the grammar.</exception>
    static abstract TSelf Parse(ref ImapReader reader);
}
