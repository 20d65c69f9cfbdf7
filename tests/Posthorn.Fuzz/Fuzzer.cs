using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Posthorn.Corpus;

namespace Posthorn.Fuzz;

/// <summary>Runs one target for a time: its corpus first, then mutations of it. What breaks is kept in a file.</summary>
internal sealed class Fuzzer(Target target, string findings)
{
    /// <summary>Longest time of one input; more is a hang.</summary>
    private static readonly TimeSpan InputTime = TimeSpan.FromSeconds(10);

    /// <summary>What an input may have allocated: a share of its length, and a base.</summary>
    private const long AllocatedBase = 64L * 1024 * 1024;
    private const long AllocatedPerByte = 20_000;

    private byte[] _current = [];
    private long _startedAt;

    /// <returns>Inputs run; null: one broke the target.</returns>
    public long? Run(TimeSpan time, int seed)
    {
        IReadOnlyList<byte[]> corpus = Corpus();
        using var watch = new Timer(_ => LookForHang(), null, InputTime, InputTime);
        long begin = Stopwatch.GetTimestamp(), inputs = 0;
        foreach (byte[] input in corpus)
        {
            if (!RunOne(input))
            {
                return null;
            }

            inputs++;
        }

        var mutator = new Mutator(corpus, seed);
        while (Stopwatch.GetElapsedTime(begin) < time)
        {
            if (!RunOne(mutator.Next()))
            {
                return null;
            }

            inputs++;
        }

        return inputs;
    }

    private bool RunOne(byte[] input)
    {
        _current = input;
        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
        }
#pragma warning disable CA1031 // Whatever it is, it is the finding.
        catch (Exception failure) when (!target.IsRefusal(failure))
#pragma warning restore CA1031
        {
            Keep(failure.ToString());
            return false;
        }
        catch (Exception)
        {
            // Refused, as it should be.
        }

        Volatile.Write(ref _startedAt, 0);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > AllocatedBase + (AllocatedPerByte * input.Length))
        {
            Keep($"{allocated} octets were allocated for {input.Length}.");
            return false;
        }

        return true;
    }

    private void LookForHang()
    {
        long started = Volatile.Read(ref _startedAt);
        if (started != 0 && Stopwatch.GetElapsedTime(started) > InputTime)
        {
            Keep($"No end after {InputTime.TotalSeconds} s.");
            Environment.Exit(3);
        }
    }

    private void Keep(string what)
    {
        Directory.CreateDirectory(findings);
        string path = Path.Combine(findings, $"{target.Name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(_current))[..12]}");
        File.WriteAllBytes(path, _current);
        Console.Error.WriteLine($"fuzz {target.Name}: {what}\nThe input is {path}; run it again with --input.");
    }

    private IReadOnlyList<byte[]> Corpus()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "corpus", target.Name + ".txt");
        return File.Exists(file)
            ? [.. File.ReadLines(file).Where(line => line.Length > 0).Select(line => Encoding.Latin1.GetBytes(Regex.Unescape(line)))]
            : [.. SampleMail.All.Select(mail => mail.ReadOctets()).Where(octets => octets.Length < 40_000)];
    }
}
