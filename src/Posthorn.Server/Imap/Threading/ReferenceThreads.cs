namespace Posthorn.Server.Imap.Threading;

/// <summary>Threads by who answers whom. The steps are numbered as in RFC 5256 §3 REFERENCES.</summary>
/// <remarks>
/// REFS (draft-ietf-morg-inthread, beside RFC 5256) leaves out the gathering by subject and puts the thread with the newest arrival last. No step
/// recurses: a tree may be as deep as the mailbox has messages.
/// </remarks>
internal sealed class ReferenceThreads
{
    /// <summary>
    /// Ancestors that are looked at for a loop. A chain that comes in order never needs it; without it, a mailbox filled for the purpose would cost the square of its size.
    /// </summary>
    private const int MaxAncestors = 1_000;

    private readonly Dictionary<string, ThreadNode> _byId = new(StringComparer.Ordinal);
    private readonly List<ThreadNode> _nodes = [];

    public static List<ThreadNode> Thread(List<ThreadedMessage> messages, bool gathersSubjects)
    {
        var threads = new ReferenceThreads();
        threads.Link(messages);                                                     // (1)
        List<ThreadNode> roots = threads.Prune();                                   // (2), (3)
        if (gathersSubjects)
        {
            Sort(roots);                                                            // (4)
            roots = SubjectGathering.Gather(roots);                                 // (5)
        }

        SortAll(roots);                                                             // (6)
        if (!gathersSubjects)
        {
            SortByArrival(roots);
        }

        return roots;
    }

    private void Link(List<ThreadedMessage> messages)
    {
        messages.Sort(static (left, right) => left.Position.CompareTo(right.Position));
        var own = new ThreadNode[messages.Count];
        for (int i = 0; i < own.Length; i++)
        {
            own[i] = new ThreadNode(messages[i]);
            _nodes.Add(own[i]);

            // (1.A) A second message of the same id, or one without, is known by none.
            if (messages[i].MessageId is { } id)
            {
                _byId.TryAdd(id, own[i]);
            }
        }

        for (int i = 0; i < own.Length; i++)
        {
            ThreadNode? parent = null;
            foreach (string id in messages[i].References)
            {
                ThreadNode reference = Find(id);
                if (parent is not null && reference.Parent is null && !IsLoop(parent, reference))
                {
                    reference.Parent = parent;
                    parent.HadChildren = true;
                }

                parent = reference;
            }

            // (1.B) The last reference is the parent, whatever others said before.
            if (parent is null || !ReferenceEquals(own[i].Parent, parent))
            {
                own[i].Parent = null;
                if (parent is not null && !IsLoop(parent, own[i]))
                {
                    own[i].Parent = parent;
                    parent.HadChildren = true;
                }
            }
        }
    }

    private ThreadNode Find(string id)
    {
        if (!_byId.TryGetValue(id, out ThreadNode? node))
        {
            _byId[id] = node = new ThreadNode(null);
        }

        return node;
    }

    private static bool IsLoop(ThreadNode parent, ThreadNode child)
    {
        if (!child.HadChildren)
        {
            return ReferenceEquals(parent, child);
        }

        int seen = 0;
        for (ThreadNode? above = parent; above is not null; above = above.Parent)
        {
            if (ReferenceEquals(above, child) || ++seen > MaxAncestors)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// (3) Dummies go and their children take their place; one stays only at the top, where it holds several children together. In the order of the mailbox.
    /// </summary>
    private List<ThreadNode> Prune()
    {
        var tops = new List<ThreadNode>();
        var known = new Dictionary<ThreadNode, ThreadNode?>();
        foreach (ThreadNode node in _nodes)
        {
            ThreadNode? above = Above(node, known);
            if (above is null)
            {
                tops.Add(node);
                continue;
            }

            if (above.Message is null && above.Children.Count == 0)
            {
                tops.Add(above);
            }

            above.Children.Add(node);
        }

        return [.. tops.Select(top => top is { Message: null, Children: [var only] } ? only : top)];
    }

    /// <summary>The next message above; where there is none, the topmost dummy; null: nothing is above.</summary>
    private static ThreadNode? Above(ThreadNode node, Dictionary<ThreadNode, ThreadNode?> known)
    {
        var path = new List<ThreadNode>();
        ThreadNode? above = node.Parent;
        while (above is { Message: null, Parent: not null })
        {
            if (known.TryGetValue(above, out ThreadNode? answer))
            {
                above = answer;
                break;
            }

            path.Add(above);
            above = above.Parent;
        }

        foreach (ThreadNode dummy in path)
        {
            known[dummy] = above;
        }

        return above;
    }

    private static void Sort(List<ThreadNode> siblings)
    {
        foreach (ThreadNode dummy in siblings.Where(node => node.Message is null))
        {
            Sort(dummy.Children);
        }

        siblings.Sort(static (left, right) => ThreadedMessage.BySent(left.First, right.First));
    }

    // Only at the top can a dummy be, so the order in which other siblings are sorted does not matter.
    private static void SortAll(List<ThreadNode> roots)
    {
        var open = new Stack<ThreadNode>(roots);
        while (open.TryPop(out ThreadNode? node))
        {
            if (node.Children.Count > 1)
            {
                Sort(node.Children);
            }

            foreach (ThreadNode child in node.Children)
            {
                open.Push(child);
            }
        }

        Sort(roots);
    }

    private static void SortByArrival(List<ThreadNode> roots)
    {
        var newest = new Dictionary<ThreadNode, long>();
        var open = new Stack<ThreadNode>();
        foreach (ThreadNode root in roots)
        {
            long latest = 0;
            open.Push(root);
            while (open.TryPop(out ThreadNode? node))
            {
                latest = Math.Max(latest, node.Message?.Arrived ?? 0);
                foreach (ThreadNode child in node.Children)
                {
                    open.Push(child);
                }
            }

            newest[root] = latest;
        }

        roots.Sort((left, right) =>
        {
            int order = newest[left].CompareTo(newest[right]);
            return order != 0 ? order : left.First.Position.CompareTo(right.First.Position);
        });
    }
}
