namespace Posthorn.Server.Imap.Threading;

/// <summary>A place in the trees of THREAD.</summary>
/// <param name="message">Null: a message that others speak of and that was not found (a dummy).</param>
internal sealed class ThreadNode(ThreadedMessage? message)
{
    public ThreadedMessage? Message => message;

    public ThreadNode? Parent { get; set; }

    /// <summary>Something was linked under it; it may have gone elsewhere since.</summary>
    public bool HadChildren { get; set; }

    public List<ThreadNode> Children { get; } = [];

    /// <summary>The message, or of a dummy its first child's.</summary>
    public ThreadedMessage First => message ?? Children[0].Message!;
}
