using System.Collections.Concurrent;
using Posthorn.Standards.Dns;

namespace Posthorn.Server.Dns;

/// <summary>Answers until they expire, never more than a set number. Temporary failures are not kept, nor is what is long.</summary>
internal sealed class DnsCache(int entries, TimeProvider time)
{
    /// <summary>Characters of one answer that is kept. Whoever sends mail names what is asked for, and can fill the table with answers of 64 KB.</summary>
    public const int MaxAnswer = 4 * 1024;

    /// <summary>What a record counts for beside its text.</summary>
    private const int RecordOverhead = 32;

    private readonly ConcurrentDictionary<(DnsType Type, string Name), (object Answer, DateTimeOffset Until)> _answers = new();
    private int _count;

    public DnsAnswer<T>? Find<T>(DnsType type, string name)
    {
        if (!_answers.TryGetValue((type, name), out (object Answer, DateTimeOffset Until) kept))
        {
            return null;
        }
        if (kept.Until > time.GetUtcNow())
        {
            return (DnsAnswer<T>)kept.Answer;
        }
        Remove((type, name));
        return null;
    }

    public void Keep<T>(DnsType type, string name, DnsAnswer<T> answer, TimeSpan duration)
    {
        if (entries <= 0 || duration <= TimeSpan.Zero || answer.Status is DnsStatus.TemporaryFailure || LengthOf(answer) > MaxAnswer)
        {
            return;
        }
        (object, DateTimeOffset) value = (answer, time.GetUtcNow() + duration);
        if (!_answers.TryAdd((type, name), value))
        {
            _answers[(type, name)] = value;
        }
        else if (Interlocked.Increment(ref _count) > entries)
        {
            MakeRoom();
        }
    }

    private static int LengthOf<T>(DnsAnswer<T> answer) => answer.Records.Sum(static record => RecordOverhead + record switch
    {
        string text => text.Length,
        MxRecord exchanger => exchanger.Exchange.Length,
        SrvRecord service => service.Target.Length,
        _ => 0,
    });

    // Expired ones go first; where that frees less than a tenth, whichever come first in the table. Enumerating while others write is safe.
    private void MakeRoom()
    {
        DateTimeOffset now = time.GetUtcNow();
        int room = Math.Max(1, entries / 10);
        foreach (var (key, kept) in _answers)
        {
            if (kept.Until <= now)
            {
                Remove(key);
            }
        }
        foreach (var (key, _) in _answers)
        {
            if (Volatile.Read(ref _count) <= entries - room)
            {
                return;
            }
            Remove(key);
        }
    }

    private void Remove((DnsType Type, string Name) key)
    {
        if (_answers.TryRemove(key, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
