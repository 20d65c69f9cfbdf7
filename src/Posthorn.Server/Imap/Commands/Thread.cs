using System.Collections;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Searching;
using Posthorn.Server.Imap.Sorting;
using Posthorn.Server.Imap.Threading;

namespace Posthorn.Server.Imap.Commands;

internal enum ThreadAlgorithm
{
    OrderedSubject,
    References,
    Refs,
}

/// <summary>THREAD and UID THREAD.</summary>
/// <remarks>RFC 5256 §3. What it needs of messages comes from stored rows.</remarks>
internal sealed record Thread(ThreadAlgorithm Algorithm, SearchProgram Program, bool ByUid) : IImapCommand<Thread>
{
    // thread = ["UID" SP] "THREAD" SP thread-alg SP search-criteria     RFC 5256 §5
    public static Thread Parse(ref ImapReader reader)
    {
        reader.Space();
        ThreadAlgorithm algorithm = reader.TryKeyword("ORDEREDSUBJECT"u8) ? ThreadAlgorithm.OrderedSubject
            : reader.TryKeyword("REFERENCES"u8) ? ThreadAlgorithm.References
            : reader.TryKeyword("REFS"u8) ? ThreadAlgorithm.Refs
            : throw new ImapSyntaxException("That is no algorithm of THREAD.");
        reader.Space();
        return new Thread(algorithm, SearchProgram.Read(ref reader), reader.ByUid);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        (BitArray? found, ImapResult refusal) = await Program.FindAsync(session, cancel);
        if (found is null)
        {
            return refusal;
        }

        var messages = new List<ThreadedMessage>();
        await foreach ((int position, Message row) in FoundRows.ReadAsync(session, SearchResult.Positions(found), ThreadedMessage.Fields, cancel))
        {
            messages.Add(ThreadedMessage.Of(position, row));
        }

        List<ThreadNode> roots = Algorithm == ThreadAlgorithm.OrderedSubject
            ? OrderedSubject.Thread(messages)
            : ReferenceThreads.Thread(messages, gathersSubjects: Algorithm == ThreadAlgorithm.References);
        await ThreadResponse.WriteAsync(session, roots, session.Selected!.View, ByUid, cancel);
        return ImapResult.Completed;
    }
}
